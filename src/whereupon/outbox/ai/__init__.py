"""What the AI prompt needs: which providers there are, what goes along, and how an answer is asked for."""
