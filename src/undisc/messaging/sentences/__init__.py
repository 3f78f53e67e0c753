"""What letters say, a module a language. {place}, {url}, {until}, {when}, {code} and {contact} are put in."""
