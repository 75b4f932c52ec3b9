"""Ready-made solutions: modules, workflows and sample records for one line of work."""
