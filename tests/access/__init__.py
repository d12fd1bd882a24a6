"""Who may do what, written by hand: the access matrix.

`expected/<service>.py` is the page to read: one `Row` for every operation (and object), saying who may. The pages come from the
texts (the issue on identity, `domain.md`, `api.md`), never from the policy or the routes that they judge. Everybody whom a row
does not name must be refused as if the thing did not exist; whoever is not signed in, expired or forged gets 401.

**Adding an operation** (a test fails until it has a row, and fails for a row without an operation):
1. `expected/<service>.py`: add `Row("POST /things/{thing_id}/do", on="thing_waiting", may="resident_a delegate_a", knows="staff_x")`.
   `on` names what it is done to. `may`: 2xx. `knows`: may see the thing and not do this. `unsaid`: the texts are silent. A list
   says instead what each sees: `sees={"staff_x": "A", "staff_y": "B"}`; `"A?"` = refused, or no more than this.
2. `worlds/<service>.py`: add `async def thing_waiting(self) -> Case` that makes a fresh one through HTTP and events, in the
   state in which the operation is legal, unless there is one already. `self.told("A", answer.json())` notes what is A's, so that
   it is a leak in anybody else's answer. `target=` is the id by which it is asked for.
3. Principals and groups of them stand in `principals.py`.

A denied principal is asked first, on the very object on which a permitted one then succeeds: it was denied for who asked and not
for the state. Between the two nothing in the database may have changed, no answer may hold anything of anybody's, and the same
question about an id that does not exist must get the same answer. And whoever calls a service past the gateway gets 401 for
everything, however good their token is.

`rows.py` is the second barrier's page: which rows of each table a principal sees when the tables are asked directly. A new table
without a line there fails a test as well.
"""
