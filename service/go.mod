module fargate-stack/service

go 1.26
