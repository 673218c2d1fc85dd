"""与上级平台核对: the list a system above exported, compared with the register.

`fields` and `values` say what is compared and how; `listing` reads their list, `matching` finds whose row is whose,
`comparing` what differs, `running` keeps a run and compares it with the one before; `acting` is what a line leads to.
"""
