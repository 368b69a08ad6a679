"""Two commits measured in turns: `python -m bench.versus REF`."""
