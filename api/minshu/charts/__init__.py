"""Charts of a table: what is asked becomes SQL, its answer a Vega-Lite specification, and that a picture.

All but the picture is made by pure functions. The picture is drawn by Vega, in a process of its own.
"""
