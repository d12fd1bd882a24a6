"""Who is who and where: the tree of units, households and their residents, staff and their posts.

It listens to nobody. What it publishes carries references only: names, phones, ID numbers and addresses stay here,
sealed, and are shown masked.
"""
