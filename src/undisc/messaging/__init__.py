"""Messages to people: e-mail and text, put in line with the act they tell of, sent by a job, tried again."""
