"""The size of the weights and the size of the network (Neyshabur, Tomioka and Srebro; Bartlett)."""
