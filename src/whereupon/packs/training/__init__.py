"""Training: courses, their dates, who is booked on them, and what they get."""
