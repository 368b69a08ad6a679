"""JMESPath as Taskhook has it: a strict parser, more functions, and an interpreter that counts."""
