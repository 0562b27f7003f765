"""What a learner does: a workspace of their own, checks, hints and solutions in the notebook, progress, JupyterLab."""
