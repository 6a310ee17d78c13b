from __future__ import annotations
import time, re
from tests.web.access_rows import LAST, ROWS
from tests.web.canary import outside, sings
from tests.web.case_visitors import visitor
from tests.web.form_reader import Page
from tests.web.test_access_matrix import filled

def test_x(app, desk, world, lines):
    t=time.time()
    for person in ("ada","ben","olu","charlie","cleo","lorna"):
        client=visitor(app,person)
        seen=set()
        queue=[filled(r,world,s)[1] for r in ROWS if r.startswith("GET ") and "static" not in r for s in (("raised","answered","closed") if "<reference>" in r else ("raised",))]
        forms={}
        while queue:
            a=queue.pop(0)
            if a in seen: continue
            seen.add(a)
            page=client.get(a)
            if page.status_code!=200 or page.mimetype!="text/html": continue
            read=Page(a,page.text)
            for f in read.forms: forms[f.action]=f
            for h in read.links:
                if h.startswith("/") and h not in seen and "/files/" not in h and not h.startswith("/static") and "?" not in h: queue.append(h)
        print(person,len(seen),len(forms), time.time()-t)
        for k,v in forms.items(): print("   ",k,v.typed,list(v.choices))
