import sys, tempfile, shutil
sys.path.insert(0,'/work/helpers/bench/benchmarks')
from graphs import services, for_panka
from servers import servers, PANKA
from measuring import once
from pathlib import Path
home=Path(tempfile.mkdtemp(prefix='panka-bench-'))
try:
  with servers(home) as s:
    k=0
    for n,par in ((2500,100),(2500,20),(2500,100),(2500,20)):
        with s.worker(s.url,(sys.executable,'/work/helpers/bench/benchmarks/idle.py')) as (w,env):
            k+=1; f=home/f"b{k}"; for_panka(f,services(n),f.name); b=s.used(w)
            c=once([[*PANKA,'apply',str(f),'--yes','--parallelism',str(par),'--state-dir',str(f/'.panka')]],env,250)
            a=s.used(w); print(n,par,f"{c.seconds:.1f}",{q:f"{a[q]-b[q]:.2f} = {1000*(a[q]-b[q])/n:.2f}/step" for q in a},flush=True)
finally: shutil.rmtree(home,ignore_errors=True)
