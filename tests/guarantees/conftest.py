"""How many examples the properties are tried on."""

from hypothesis import settings

# A property takes so many times the examples that it asks for.
settings.register_profile("torture", max_examples=20 * settings.default.max_examples)
