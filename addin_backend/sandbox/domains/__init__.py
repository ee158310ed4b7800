"""The recipients' side of transport security in the demo world: what sample partners publish, where, and a page to change it on."""
