"""The operators' page: what failed or waits, why, and the two things to do about it: try again, or let it go."""
