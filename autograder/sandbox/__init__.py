"""What runs a student's code, and the walls around it."""
