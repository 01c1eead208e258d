"""What y means: how labels become targets, what is measured, and the way back."""
