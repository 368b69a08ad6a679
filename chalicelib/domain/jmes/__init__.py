"""JMESPath as Taskhook has it: a strict parser, more functions, and an interpreter that counts."""

MAX_LEVELS = 50
"""Of an expression's tree, of a template, and of each value that is made on the way."""
