"""The board of a session: many vendors, one server, one page that everybody watches.

    database, tables, rooms, runs    what is kept: sessions, people, systems, runs, events
    codes, cookies, guard, patience  who may come in, what is let through, how long it may take
    feed, streams                    what is sent on while it happens
    player                           one run, in a process of its own
    desk                             the queue of runs
    matrix, wording                  what the pages say
    pages, app                       the pages

Only this package needs FastAPI and SQLAlchemy (the extra `server`), and only the verb `serve`
imports it.
"""
