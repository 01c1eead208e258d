"""What is refused, and how that is said; the home of scikit-learn's private names."""
