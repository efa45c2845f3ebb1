"""The saddle at zero, and why the flow still converges from balance when it starts low enough."""
