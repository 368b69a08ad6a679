"""JMESPath as Taskhook evaluates it: parsed strictly, extended by functions, counted at each step."""
