"""From the text of a section to its notebooks, and the proofs that its exercises are sound."""
