# Between two runs of the pipeline the host looks after the fleet by itself. Run once, as root, on the host or on a machine that reaches it.
param([string] $Name = 'pipeline', [timespan] $Interval = '0:10')

Import-Module LightVM
Register-LightVMReconcileJob $Name "$PSScriptRoot/fleet.yaml" -Interval $Interval -Jitter 0:0:30 -MaintenanceWindow 'Mon-Fri 22:00-04:00; Sat,Sun 00:00-24:00'
