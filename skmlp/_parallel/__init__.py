"""Several cores: how many threads there are, and what each of them does."""
