"""Long runs that a promise of docs/reliability.md rests on, each a command."""
