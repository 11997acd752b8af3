"""What the bot does with what Slack sends, by subject: messages, private questions, clicks and the agent's pane."""
