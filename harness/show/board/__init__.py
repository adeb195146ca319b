"""The board of a session: many vendors, one server, one page that everybody watches.

    store                            what is kept: sessions, people, systems, runs, events
    play                             the queue of runs, each played in a process of its own
    pages, api                       what people and programs ask for
    cookies, guard, patience         who may come in, what is let through, how long it may take
    access                           who may do what
    feed, pages.streams              what is sent on while it happens
    matrix, ladder, lanes, steps     what the pages show, worked out; wording: in words
    export                           a session as a static site
    app, serving                     all of it put together and on the network

Only this package needs FastAPI and SQLAlchemy (the extra `server`), and only the verb `serve`
imports it.
"""
