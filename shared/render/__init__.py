"""What a person or a program is told: log lines, JSON, verdicts. Pure."""
