"""Who people are and what each may do: users, groups, roles, rights, sign-in, tokens, audit."""
