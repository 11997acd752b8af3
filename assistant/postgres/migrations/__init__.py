"""The steps from an empty schema to the tables of today. Never change a step that was released; add one."""
