"""Who is who and where: the tree of units, households and their residents, staff and their posts.

What it publishes carries references only: names, phones, ID numbers and addresses stay here, sealed, and are shown masked.
It listens to who works for whom, because whoever does so may see a contact for as long as the work needs it.
"""
