class EachEpoch:
    """Call a function with the estimator as it is after each epoch.

    Where the function returns True, training ends.
    """

    def __init__(self, function):
        self.function = function

    def setup(self, estimator, context): ...
    def on_fit_task_begin(self, estimator, context): ...
    def teardown(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        return context.task_name == "epoch" and self.function(fitted_estimator)
