"""The local mail server of `make dev`: takes mail by SMTP, keeps it in memory and shows it at /_mail."""
