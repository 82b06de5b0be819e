"""What the steps of this module's actions have in common.

A step asks the program that runs in the container and passes its JSON on; what
NS8 wants beside that is done here: the files of the state directory, the
service, and the form of errors.
"""
