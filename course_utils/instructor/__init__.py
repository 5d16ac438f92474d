import sys

# nbformat's checker of JSON builds a grammar of internet addresses when it is imported: two seconds for what no notebook
# needs. It does without where that is not installed.
sys.modules.setdefault("rfc3987_syntax", None)
