"""打印: the forms of the regulation (附件2–4) on paper, as a page and as a Word file."""
