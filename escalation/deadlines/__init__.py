"""Running limits: started and stopped by what happens, fired by the sweep, watched by the auditor."""
