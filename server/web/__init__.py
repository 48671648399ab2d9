"""The pages for people: server-rendered, whole without JavaScript, and nothing in them from anywhere else."""
