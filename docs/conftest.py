"""What pytest leaves to Sphinx: its configuration, pictures, what a build writes."""

collect_ignore = ["conf.py", "conftest.py", "_ext", "plots", "_build", "api", "gallery"]
