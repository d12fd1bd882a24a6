"""What people read: one page or list each."""
