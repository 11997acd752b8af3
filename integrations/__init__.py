"""The doors other than the command line (HTTP, Slack); they use only what `assistant` exports."""
