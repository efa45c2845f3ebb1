"""The same tasks on many machines: a Dask cluster whose workers compute, and a store that stays with whoever asks.

Dask finds a worker for each run, sends it there and notices workers that die. A worker's run is done in a process of its
own, with one thread and float64 as in the pool of one machine; the file of the run comes back and is kept here.
"""
