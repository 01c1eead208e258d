"""TwoLayerClassifierCV: the classifier that chooses its alpha."""
