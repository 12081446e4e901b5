"""What assistants are offered by the Model Context Protocol: tools that find, describe and read, and texts.

Nothing here imports the protocol's SDK but `server`, which is imported with the first message: it takes half a second.
"""
