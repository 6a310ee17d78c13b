"""Who acts for whom: cover between two dates, who leads on a case, who stepped aside from one."""
