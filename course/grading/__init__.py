"""What an instructor does: grade submissions, through nbgrader or `course grade`, with one engine."""
