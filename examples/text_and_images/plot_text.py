"""
Text
====

Which library does a paragraph of documentation come from: NumPy, SciPy, scikit-learn or
pandas? ``TfidfVectorizer`` makes sparse columns of words, and the network keeps them
sparse. It is right about four times in five; so are two plain models.
"""

import contextlib
import importlib
import inspect
import re
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_validate
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier
from skmlp.inspection import input_gradients


# %%
# Text that every machine has
# ---------------------------
# The docstrings of installed libraries: of each the paragraphs before its list of
# parameters. Code, formulas and the names of the libraries would give the answer away,
# so they are removed. Paragraphs that are then equal are kept once.
def docstrings(module, is_library=True):
    """Yield names and docstrings of what a library and its modules call public."""
    for name in sorted(getattr(module, "__all__", [])):
        with contextlib.suppress(ImportError):  # of what is experimental
            public = getattr(module, name, None)
            if inspect.ismodule(public) and is_library:
                yield from docstrings(public, is_library=False)
            elif callable(public) and isinstance(public.__doc__, str):
                yield f"{module.__name__}.{name}", inspect.cleandoc(public.__doc__)


def plain_words(paragraph):
    """Return the words of a paragraph, without code, formulas and libraries."""
    text = re.sub(r"``.*?``|`.*?`|\[\d+\]", " ", paragraph, flags=re.DOTALL).lower()
    text = re.sub(r"\b(numpy|np|ndarrays?|scipy|scikit|sklearn|pandas|pd)\b", " ", text)
    return " ".join(re.findall(r"(?<![\w.(:])[a-z][a-z-]+(?![\w(=:])", text))


def paragraphs(library):
    """Return the words of each paragraph, and whose docstring it is from."""
    with warnings.catch_warnings(action="ignore"):  # some modules are deprecated
        described = list(docstrings(importlib.import_module(library)))
    rows = [
        (library, name, plain_words(paragraph))
        for name, docstring in described
        for paragraph in re.split(r"\n.+\n---+\n", docstring)[0].split("\n\n")
        if ">>>" not in paragraph
    ]
    return pd.DataFrame(rows, columns=["library", "name", "text"])


LIBRARIES = ["numpy", "pandas", "scipy", "sklearn"]
table = pd.concat(map(paragraphs, LIBRARIES)).drop_duplicates("text")
table = table[table["text"].str.split().str.len() >= 6]
text, y = table["text"].to_numpy(), table["library"].to_numpy()

X = TfidfVectorizer(dtype=np.float32).fit_transform(text)
n_rows, n_words = X.shape
print(f"{n_rows:,} paragraphs, {n_words:,} different words")
print(f"X is {X.format}; {X.nnz / (n_rows * n_words):.2%} of its numbers are not zero")
print("Share of the paragraphs:")
print(table["library"].value_counts(normalize=True).round(2).to_string(header=False))

# %%
# As good as plain models, not better
# -----------------------------------
# The paragraphs of a docstring resemble one another, so they are trained on or tested
# on together. ``alpha="auto"`` would hold out single paragraphs, so ``alpha`` is set.
# As the vectorizer returns float32, the network computes in float32, too.
network = TwoLayerClassifier(32, alpha=1.0, max_iter=10, random_state=0)
models = [network, LogisticRegression(C=10), MultinomialNB(alpha=0.1)]
folds = StratifiedGroupKFold(3, shuffle=True, random_state=0)
results = {}
print(f"{'Means of three folds':20}     accuracy  log-loss  seconds per fit")
for classifier in models:
    model = make_pipeline(TfidfVectorizer(dtype=np.float32), classifier)
    by = {"scoring": ["accuracy", "neg_log_loss"], "groups": table["name"], "cv": folds}
    with threadpool_limits(1):  # threads of BLAS only get in each other's way here
        scores = cross_validate(model, text, y, **by)
    name, accuracy = type(classifier).__name__, scores["test_accuracy"]
    results[name] = accuracy.mean(), -scores["test_neg_log_loss"].mean()
    print(
        f"{name:20}  {results[name][0]:.2f} +- {accuracy.std():.2f}"
        f"  {results[name][1]:8.2f}  {scores['fit_time'].mean():15.2f}"
    )

# %%
# The accuracies hardly differ: in texts as short as these each word counts by itself,
# and a hidden layer finds little more. Naive Bayes takes the least time, and its
# log-loss is no higher. So try the plain models first, and take the network where it is
# better on your own text. For several labels per row see :doc:`/multilabel`, for files
# larger than memory :ref:`sphx_glr_gallery_scale_plot_out_of_core.py`.
#
# Which words point to which library
# ----------------------------------
# ``input_gradients`` tells how much a library's output rises with a word. Averaged over
# 300 paragraphs, less the mean over the libraries, it is multiplied by the standard
# deviation of the word, because otherwise rare words would come first.
model = make_pipeline(TfidfVectorizer(dtype=np.float32), network).fit(text, y)
some = np.random.default_rng(0).choice(text, 300, replace=False)
gradients = input_gradients(model, some).mean(axis=0)
std = StandardScaler(with_mean=False).fit(X).scale_
points_to = (gradients - gradients.mean(axis=0)) * std
words = model[:-1].get_feature_names_out()

fig, axes = plt.subplots(1, 4, figsize=(7, 3.5), layout="constrained")
for library, strength, ax in zip(model.classes_, points_to, axes, strict=True):
    strongest = strength.argsort()[-10:]
    ax.barh(words[strongest], strength[strongest])
    ax.set(title=library, xticks=[])
    ax.tick_params(left=False)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
fig.supxlabel("how strongly a word points to the library")
plt.show()

# %%
# A new sentence
# --------------
# The pipeline takes the text as it is. A word that was not in the training text counts
# for nothing, and all sentences without a known word get the same probabilities: so
# look at the number of known words before you trust an answer.
sentences = [
    "Move a date to the end of its month.",
    "Join arrays along an axis.",
    "Integrate a differential equation.",
    "Predict the class of each sample.",
    "Bonjour, madame!",
]
proba = model.predict_proba(sentences)
n_known = model[:-1].transform(sentences).getnnz(axis=1)
print(*model.classes_, "known words", sep="  ")
for sentence, row, n in zip(sentences, proba, n_known, strict=True):
    print("{:5.2f}  {:6.2f}  {:5.2f}  {:7.2f}".format(*row), f"{n:12}  {sentence}")
