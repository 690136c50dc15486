namespace Gateway.Tests.Actions;

/// <summary>
/// The operations that Nova's own policy documents, Train (20) to 2026.1 (33): method, path, action, and the rules it names for them in any of these
/// releases. Left out are flavors, which anyone may read (the rule named there only adds their extra specs). Two paths are corrected that are documented otherwise than routed.
/// </summary>
internal static class NovaOperations
{
    public const string Table = """
        GET /extensions - os_compute_api:extensions
        GET /extensions/{alias} - os_compute_api:extensions
        POST /flavors - os_compute_api:os-flavor-extra-specs:index os_compute_api:os-flavor-manage:create
        DELETE /flavors/{flavor_id} - os_compute_api:os-flavor-manage:delete
        PUT /flavors/{flavor_id} - os_compute_api:os-flavor-extra-specs:index os_compute_api:os-flavor-manage:update
        POST /flavors/{flavor_id}/action addTenantAccess os_compute_api:os-flavor-access:add_tenant_access
        POST /flavors/{flavor_id}/action removeTenantAccess os_compute_api:os-flavor-access:remove_tenant_access
        GET /flavors/{flavor_id}/os-extra_specs - os_compute_api:os-flavor-extra-specs:index
        POST /flavors/{flavor_id}/os-extra_specs - os_compute_api:os-flavor-extra-specs:create
        DELETE /flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key} - os_compute_api:os-flavor-extra-specs:delete
        GET /flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key} - os_compute_api:os-flavor-extra-specs:show
        PUT /flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key} - os_compute_api:os-flavor-extra-specs:update
        GET /flavors/{flavor_id}/os-flavor-access - os_compute_api:os-flavor-access
        GET /limits - os_compute_api:limits os_compute_api:limits:other_project os_compute_api:os-used-limits
        GET /os-agents - os_compute_api:os-agents os_compute_api:os-agents:list
        POST /os-agents - os_compute_api:os-agents os_compute_api:os-agents:create
        DELETE /os-agents/{agent_build_id} - os_compute_api:os-agents os_compute_api:os-agents:delete
        PUT /os-agents/{agent_build_id} - os_compute_api:os-agents os_compute_api:os-agents:update
        GET /os-aggregates - os_compute_api:os-aggregates:index
        POST /os-aggregates - os_compute_api:os-aggregates:create
        DELETE /os-aggregates/{aggregate_id} - os_compute_api:os-aggregates:delete
        GET /os-aggregates/{aggregate_id} - os_compute_api:os-aggregates:show
        PUT /os-aggregates/{aggregate_id} - os_compute_api:os-aggregates:update
        POST /os-aggregates/{aggregate_id}/action add_host os_compute_api:os-aggregates:add_host
        POST /os-aggregates/{aggregate_id}/action remove_host os_compute_api:os-aggregates:remove_host
        POST /os-aggregates/{aggregate_id}/action set_metadata os_compute_api:os-aggregates:set_metadata
        POST /os-aggregates/{aggregate_id}/images - compute:aggregates:images
        POST /os-assisted-volume-snapshots - os_compute_api:os-assisted-volume-snapshots:create
        DELETE /os-assisted-volume-snapshots/{snapshot_id} - os_compute_api:os-assisted-volume-snapshots:delete
        GET /os-availability-zone - os_compute_api:os-availability-zone:list
        GET /os-availability-zone/detail - os_compute_api:os-availability-zone:detail
        GET /os-baremetal-nodes - os_compute_api:os-baremetal-nodes os_compute_api:os-baremetal-nodes:list
        GET /os-baremetal-nodes/{node_id} - os_compute_api:os-baremetal-nodes os_compute_api:os-baremetal-nodes:show
        GET /os-console-auth-tokens/{console_token} - os_compute_api:os-console-auth-tokens
        GET /os-floating-ip-pools - os_compute_api:os-floating-ip-pools
        GET /os-floating-ips - os_compute_api:os-floating-ips os_compute_api:os-floating-ips:list
        POST /os-floating-ips - os_compute_api:os-floating-ips os_compute_api:os-floating-ips:create
        DELETE /os-floating-ips/{floating_ip_id} - os_compute_api:os-floating-ips os_compute_api:os-floating-ips:delete
        GET /os-floating-ips/{floating_ip_id} - os_compute_api:os-floating-ips os_compute_api:os-floating-ips:show
        GET /os-hosts - os_compute_api:os-hosts os_compute_api:os-hosts:list
        GET /os-hosts/{host_name} - os_compute_api:os-hosts os_compute_api:os-hosts:show
        PUT /os-hosts/{host_name} - os_compute_api:os-hosts os_compute_api:os-hosts:update
        GET /os-hosts/{host_name}/reboot - os_compute_api:os-hosts os_compute_api:os-hosts:reboot
        GET /os-hosts/{host_name}/shutdown - os_compute_api:os-hosts os_compute_api:os-hosts:shutdown
        GET /os-hosts/{host_name}/startup - os_compute_api:os-hosts os_compute_api:os-hosts:start
        GET /os-hypervisors - os_compute_api:os-hypervisors os_compute_api:os-hypervisors:list
        GET /os-hypervisors/detail - os_compute_api:os-hypervisors os_compute_api:os-hypervisors:list-detail
        GET /os-hypervisors/statistics - os_compute_api:os-hypervisors os_compute_api:os-hypervisors:statistics
        GET /os-hypervisors/{hypervisor_hostname_pattern}/search - os_compute_api:os-hypervisors os_compute_api:os-hypervisors:search
        GET /os-hypervisors/{hypervisor_hostname_pattern}/servers - os_compute_api:os-hypervisors os_compute_api:os-hypervisors:servers
        GET /os-hypervisors/{hypervisor_id} - os_compute_api:os-hypervisors os_compute_api:os-hypervisors:show
        GET /os-hypervisors/{hypervisor_id}/uptime - os_compute_api:os-hypervisors os_compute_api:os-hypervisors:uptime
        GET /os-instance_usage_audit_log - os_compute_api:os-instance-usage-audit-log os_compute_api:os-instance-usage-audit-log:list
        GET /os-instance_usage_audit_log/{before_timestamp} - os_compute_api:os-instance-usage-audit-log os_compute_api:os-instance-usage-audit-log:show
        GET /os-keypairs - os_compute_api:os-keypairs:index
        POST /os-keypairs - os_compute_api:os-keypairs:create
        DELETE /os-keypairs/{keypair_name} - os_compute_api:os-keypairs:delete
        GET /os-keypairs/{keypair_name} - os_compute_api:os-keypairs:show
        GET /os-migrations - os_compute_api:os-migrations:index os_compute_api:os-migrations:index:all_projects os_compute_api:os-migrations:index:host
        GET /os-networks - os_compute_api:os-networks:list os_compute_api:os-networks:view
        POST /os-networks - os_compute_api:os-networks
        POST /os-networks/add - os_compute_api:os-networks
        DELETE /os-networks/{network_id} - os_compute_api:os-networks
        GET /os-networks/{network_id} - os_compute_api:os-networks:show os_compute_api:os-networks:view
        POST /os-networks/{network_id}/action associate_host os_compute_api:os-networks-associate
        POST /os-networks/{network_id}/action disassociate os_compute_api:os-networks
        POST /os-networks/{network_id}/action disassociate_host os_compute_api:os-networks-associate
        POST /os-networks/{network_id}/action disassociate_project os_compute_api:os-networks-associate
        GET /os-quota-class-sets/{quota_class} - os_compute_api:os-quota-class-sets:show
        PUT /os-quota-class-sets/{quota_class} - os_compute_api:os-quota-class-sets:update
        DELETE /os-quota-sets/{tenant_id} - os_compute_api:os-quota-sets:delete
        GET /os-quota-sets/{tenant_id} - os_compute_api:os-quota-sets:show
        PUT /os-quota-sets/{tenant_id} - os_compute_api:os-quota-sets:update
        GET /os-quota-sets/{tenant_id}/defaults - os_compute_api:os-quota-sets:defaults
        GET /os-quota-sets/{tenant_id}/detail - os_compute_api:os-quota-sets:detail
        GET /os-security-group-default-rules - os_compute_api:os-security-group-default-rules
        POST /os-security-group-default-rules - os_compute_api:os-security-group-default-rules
        DELETE /os-security-group-default-rules/{security_group_default_rule_id} - os_compute_api:os-security-group-default-rules
        GET /os-security-group-default-rules/{security_group_default_rule_id} - os_compute_api:os-security-group-default-rules
        POST /os-security-group-rules - os_compute_api:os-security-groups:rule:create
        DELETE /os-security-group-rules/{security_group_id} - os_compute_api:os-security-groups:rule:delete
        GET /os-security-groups - os_compute_api:os-security-groups os_compute_api:os-security-groups:get
        POST /os-security-groups - os_compute_api:os-security-groups os_compute_api:os-security-groups:create
        DELETE /os-security-groups/{security_group_id} - os_compute_api:os-security-groups os_compute_api:os-security-groups:delete
        GET /os-security-groups/{security_group_id} - os_compute_api:os-security-groups os_compute_api:os-security-groups:show
        PUT /os-security-groups/{security_group_id} - os_compute_api:os-security-groups os_compute_api:os-security-groups:update
        POST /os-server-external-events - os_compute_api:os-server-external-events:create
        GET /os-server-groups - os_compute_api:os-server-groups:index os_compute_api:os-server-groups:index:all_projects
        POST /os-server-groups - os_compute_api:os-server-groups:create
        DELETE /os-server-groups/{server_group_id} - os_compute_api:os-server-groups:delete
        GET /os-server-groups/{server_group_id} - os_compute_api:os-server-groups:show
        GET /os-services - os_compute_api:os-services os_compute_api:os-services:list
        PUT /os-services/disable - os_compute_api:os-services
        PUT /os-services/disable-log-reason - os_compute_api:os-services
        PUT /os-services/enable - os_compute_api:os-services
        PUT /os-services/force-down - os_compute_api:os-services
        DELETE /os-services/{service_id} - os_compute_api:os-services os_compute_api:os-services:delete
        PUT /os-services/{service_id} - os_compute_api:os-services os_compute_api:os-services:update
        GET /os-simple-tenant-usage - os_compute_api:os-simple-tenant-usage:list
        GET /os-simple-tenant-usage/{tenant_id} - os_compute_api:os-simple-tenant-usage:show
        GET /os-snapshots - os_compute_api:os-volumes os_compute_api:os-volumes:snapshots:list
        POST /os-snapshots - os_compute_api:os-volumes os_compute_api:os-volumes:snapshots:create
        GET /os-snapshots/detail - os_compute_api:os-volumes os_compute_api:os-volumes:snapshots:detail
        DELETE /os-snapshots/{snapshot_id} - os_compute_api:os-volumes os_compute_api:os-volumes:snapshots:delete
        GET /os-snapshots/{snapshot_id} - os_compute_api:os-volumes os_compute_api:os-volumes:snapshots:show
        GET /os-tenant-networks - os_compute_api:os-tenant-networks os_compute_api:os-tenant-networks:list
        POST /os-tenant-networks - os_compute_api:os-tenant-networks
        DELETE /os-tenant-networks/{network_id} - os_compute_api:os-tenant-networks
        GET /os-tenant-networks/{network_id} - os_compute_api:os-tenant-networks os_compute_api:os-tenant-networks:show
        GET /os-volumes - os_compute_api:os-volumes os_compute_api:os-volumes:list
        POST /os-volumes - os_compute_api:os-volumes os_compute_api:os-volumes:create
        GET /os-volumes/detail - os_compute_api:os-volumes os_compute_api:os-volumes:detail
        DELETE /os-volumes/{volume_id} - os_compute_api:os-volumes os_compute_api:os-volumes:delete
        GET /os-volumes/{volume_id} - os_compute_api:os-volumes os_compute_api:os-volumes:show
        GET /servers - os_compute_api:servers:allow_all_filters os_compute_api:servers:index os_compute_api:servers:index:get_all_tenants
        POST /servers - compute:servers:create:requested_destination network:attach_external_network os_compute_api:servers:create os_compute_api:servers:create:attach_network os_compute_api:servers:create:attach_volume os_compute_api:servers:create:forced_host os_compute_api:servers:create:trusted_certs os_compute_api:servers:create:zero_disk_flavor
        GET /servers/detail - os_compute_api:os-extended-server-attributes os_compute_api:os-flavor-extra-specs:index os_compute_api:servers:allow_all_filters os_compute_api:servers:detail os_compute_api:servers:detail:get_all_tenants os_compute_api:servers:show:flavor-extra-specs os_compute_api:servers:show:host_status os_compute_api:servers:show:host_status:unknown-only
        DELETE /servers/{server_id} - os_compute_api:servers:delete
        GET /servers/{server_id} - os_compute_api:os-flavor-extra-specs:index os_compute_api:servers:show os_compute_api:servers:show:flavor-extra-specs os_compute_api:servers:show:host_status os_compute_api:servers:show:host_status:unknown-only
        PUT /servers/{server_id} - os_compute_api:os-extended-server-attributes os_compute_api:os-flavor-extra-specs:index os_compute_api:servers:show:flavor-extra-specs os_compute_api:servers:show:host_status os_compute_api:servers:show:host_status:unknown-only os_compute_api:servers:update
        POST /servers/{server_id}/action addFixedIp os_compute_api:os-multinic os_compute_api:os-multinic:add
        POST /servers/{server_id}/action addFloatingIp os_compute_api:os-floating-ips os_compute_api:os-floating-ips:add
        POST /servers/{server_id}/action addSecurityGroup os_compute_api:os-security-groups os_compute_api:os-security-groups:add
        POST /servers/{server_id}/action changePassword os_compute_api:os-admin-password
        POST /servers/{server_id}/action confirmResize os_compute_api:servers:confirm_resize
        POST /servers/{server_id}/action createBackup os_compute_api:os-create-backup
        POST /servers/{server_id}/action createImage os_compute_api:servers:create_image os_compute_api:servers:create_image:allow_volume_backed
        POST /servers/{server_id}/action evacuate os_compute_api:os-evacuate
        POST /servers/{server_id}/action forceDelete os_compute_api:os-deferred-delete os_compute_api:os-deferred-delete:force
        POST /servers/{server_id}/action injectNetworkInfo os_compute_api:os-admin-actions:inject_network_info
        POST /servers/{server_id}/action lock os_compute_api:os-lock-server:lock
        POST /servers/{server_id}/action migrate os_compute_api:os-migrate-server:migrate os_compute_api:os-migrate-server:migrate:host
        POST /servers/{server_id}/action os-getConsoleOutput os_compute_api:os-console-output
        POST /servers/{server_id}/action os-getRDPConsole os_compute_api:os-remote-consoles
        POST /servers/{server_id}/action os-getSPICEConsole os_compute_api:os-remote-consoles
        POST /servers/{server_id}/action os-getSerialConsole os_compute_api:os-remote-consoles
        POST /servers/{server_id}/action os-getVNCConsole os_compute_api:os-remote-consoles
        POST /servers/{server_id}/action os-migrateLive os_compute_api:os-migrate-server:migrate_live os_compute_api:os-migrate-server:migrate_live:host
        POST /servers/{server_id}/action os-resetState os_compute_api:os-admin-actions:reset_state
        POST /servers/{server_id}/action os-start os_compute_api:servers:start
        POST /servers/{server_id}/action os-stop os_compute_api:servers:stop
        POST /servers/{server_id}/action pause os_compute_api:os-pause-server:pause
        POST /servers/{server_id}/action reboot os_compute_api:servers:reboot
        POST /servers/{server_id}/action rebuild os_compute_api:os-extended-server-attributes os_compute_api:os-flavor-extra-specs:index os_compute_api:servers:rebuild os_compute_api:servers:rebuild:trusted_certs os_compute_api:servers:show:flavor-extra-specs os_compute_api:servers:show:host_status os_compute_api:servers:show:host_status:unknown-only
        POST /servers/{server_id}/action removeFixedIp os_compute_api:os-multinic os_compute_api:os-multinic:remove
        POST /servers/{server_id}/action removeFloatingIp os_compute_api:os-floating-ips os_compute_api:os-floating-ips:remove
        POST /servers/{server_id}/action removeSecurityGroup os_compute_api:os-security-groups os_compute_api:os-security-groups:remove
        POST /servers/{server_id}/action rescue os_compute_api:os-rescue
        POST /servers/{server_id}/action resetNetwork os_compute_api:os-admin-actions:reset_network
        POST /servers/{server_id}/action resize compute:servers:resize:cross_cell os_compute_api:servers:resize
        POST /servers/{server_id}/action restore os_compute_api:os-deferred-delete os_compute_api:os-deferred-delete:restore
        POST /servers/{server_id}/action resume os_compute_api:os-suspend-server:resume
        POST /servers/{server_id}/action revertResize os_compute_api:servers:revert_resize
        POST /servers/{server_id}/action shelve os_compute_api:os-shelve:shelve
        POST /servers/{server_id}/action shelveOffload os_compute_api:os-shelve:shelve_offload
        POST /servers/{server_id}/action suspend os_compute_api:os-suspend-server:suspend
        POST /servers/{server_id}/action trigger_crash_dump os_compute_api:servers:trigger_crash_dump
        POST /servers/{server_id}/action unlock os_compute_api:os-lock-server:unlock os_compute_api:os-lock-server:unlock:unlock_override
        POST /servers/{server_id}/action unpause os_compute_api:os-pause-server:unpause
        POST /servers/{server_id}/action unrescue os_compute_api:os-rescue os_compute_api:os-unrescue
        POST /servers/{server_id}/action unshelve os_compute_api:os-shelve:unshelve os_compute_api:os-shelve:unshelve_to_host
        GET /servers/{server_id}/consoles - os_compute_api:os-consoles:index
        POST /servers/{server_id}/consoles - os_compute_api:os-consoles:create
        DELETE /servers/{server_id}/consoles/{console_id} - os_compute_api:os-consoles:delete
        GET /servers/{server_id}/consoles/{console_id} - os_compute_api:os-consoles:show
        GET /servers/{server_id}/diagnostics - os_compute_api:os-server-diagnostics
        GET /servers/{server_id}/ips - os_compute_api:ips:index
        GET /servers/{server_id}/ips/{network_label} - os_compute_api:ips:show
        GET /servers/{server_id}/metadata - os_compute_api:server-metadata:index
        POST /servers/{server_id}/metadata - os_compute_api:server-metadata:create
        PUT /servers/{server_id}/metadata - os_compute_api:server-metadata:update_all
        DELETE /servers/{server_id}/metadata/{key} - os_compute_api:server-metadata:delete
        GET /servers/{server_id}/metadata/{key} - os_compute_api:server-metadata:show
        PUT /servers/{server_id}/metadata/{key} - os_compute_api:server-metadata:update
        GET /servers/{server_id}/migrations - os_compute_api:servers:migrations:index os_compute_api:servers:migrations:index:host
        DELETE /servers/{server_id}/migrations/{migration_id} - os_compute_api:servers:migrations:delete
        GET /servers/{server_id}/migrations/{migration_id} - os_compute_api:servers:migrations:show
        POST /servers/{server_id}/migrations/{migration_id}/action force_complete os_compute_api:servers:migrations:force_complete
        GET /servers/{server_id}/os-instance-actions - os_compute_api:os-instance-actions os_compute_api:os-instance-actions:list
        GET /servers/{server_id}/os-instance-actions/{request_id} - os_compute_api:os-instance-actions os_compute_api:os-instance-actions:events os_compute_api:os-instance-actions:events:details os_compute_api:os-instance-actions:show
        GET /servers/{server_id}/os-interface - os_compute_api:os-attach-interfaces os_compute_api:os-attach-interfaces:list
        POST /servers/{server_id}/os-interface - network:attach_external_network os_compute_api:os-attach-interfaces:create
        DELETE /servers/{server_id}/os-interface/{port_id} - os_compute_api:os-attach-interfaces:delete
        GET /servers/{server_id}/os-interface/{port_id} - os_compute_api:os-attach-interfaces os_compute_api:os-attach-interfaces:show
        GET /servers/{server_id}/os-security-groups - os_compute_api:os-security-groups os_compute_api:os-security-groups:list
        DELETE /servers/{server_id}/os-server-password - os_compute_api:os-server-password os_compute_api:os-server-password:clear
        GET /servers/{server_id}/os-server-password - os_compute_api:os-server-password os_compute_api:os-server-password:show
        GET /servers/{server_id}/os-volume_attachments - os_compute_api:os-volumes-attachments:index
        POST /servers/{server_id}/os-volume_attachments - os_compute_api:os-volumes-attachments:create
        DELETE /servers/{server_id}/os-volume_attachments/{volume_id} - os_compute_api:os-volumes-attachments:delete
        GET /servers/{server_id}/os-volume_attachments/{volume_id} - os_compute_api:os-volumes-attachments:show
        PUT /servers/{server_id}/os-volume_attachments/{volume_id} - os_compute_api:os-volumes-attachments:swap os_compute_api:os-volumes-attachments:update
        POST /servers/{server_id}/remote-consoles - os_compute_api:os-remote-consoles
        GET /servers/{server_id}/shares - os_compute_api:os-server-shares:index
        POST /servers/{server_id}/shares - os_compute_api:os-server-shares:create
        DELETE /servers/{server_id}/shares/{share_id} - os_compute_api:os-server-shares:delete
        GET /servers/{server_id}/shares/{share_id} - os_compute_api:os-server-shares:show
        DELETE /servers/{server_id}/tags - os_compute_api:os-server-tags:delete_all
        GET /servers/{server_id}/tags - os_compute_api:os-server-tags:index
        PUT /servers/{server_id}/tags - os_compute_api:os-server-tags:update_all
        DELETE /servers/{server_id}/tags/{tag} - os_compute_api:os-server-tags:delete
        GET /servers/{server_id}/tags/{tag} - os_compute_api:os-server-tags:show
        PUT /servers/{server_id}/tags/{tag} - os_compute_api:os-server-tags:update
        GET /servers/{server_id}/topology - compute:server:topology:host:index compute:server:topology:index
        """;
}
