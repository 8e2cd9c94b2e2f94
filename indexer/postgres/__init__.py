"""A read model of an index in PostgreSQL with pgvector, for collections that outgrow the server of one machine.

The truth stays `index.sqlite` on the machine that indexes. `publish` copies a generation of it into a database, from where any
number of servers answer (`reader`). What ranks is the same as for a folder: the database only finds candidates (`engine`).
`comparison` tells and mends what differs from the truth. `texts` is a table of its own, from which workers embed.
All but `address` needs psycopg, of the extra `postgres`, and is imported where an address is named.
"""
