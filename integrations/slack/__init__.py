"""The Slack bot: answers in threads, direct messages, the agent's pane, to /beleid and to a message shortcut."""
