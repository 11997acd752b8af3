"""Tests of the Slack bot, and the local fake Slack that they drive it with."""
